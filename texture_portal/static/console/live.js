// What changes of a page is looked up again by itself, so that what somebody types beside it stays.
(() => {
    const live = document.getElementById("live");
    const again = async () => {
        const answer = await fetch(live.dataset.url, {credentials: "same-origin"}).catch(() => null);
        if (answer?.status === 204) {
            location.reload(); // it came to its end: what can be done is another
            return;
        }
        if (answer?.ok && !answer.redirected) {
            live.innerHTML = await answer.text();
            document.dispatchEvent(new Event("portal:seen")); // as the session counts it
        }
        setTimeout(again, live.dataset.seconds * 1000);
    };
    setTimeout(again, live.dataset.seconds * 1000);
})();
