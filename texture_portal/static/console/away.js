// Nothing of the portal stays on a screen that nobody was at for as long as a session may be idle (docs/staff.md).
// Whatever was done last in any tab counts; where it was done elsewhere, the page stands and nothing is asked for.
"use strict";
(() => {
    const SEEN = "portal-seen-at";
    const minutes = Number(new URL(document.currentScript.src).searchParams.get("minutes"));
    if (!minutes) return; // nobody is logged in

    const line = (name, text, more = {}) => Object.assign(document.createElement(name), {textContent: text, ...more});

    const leave = () => {
        const box = document.createElement("main");
        box.id = "away";
        box.append(
            line("h1", "This page was put away"),
            line("p", `Nothing was done for ${minutes} minutes.`),
            line("a", "Go back to it", {href: location.href.replace(/[^/]+\/by-verb\/$/, "change/")}),
        );
        document.body.replaceChildren(box);
        document.title = "Put away";
    };

    const look = () => {
        if (Date.now() - Number(localStorage.getItem(SEEN)) <= minutes * 60_000) return;
        clearInterval(looking);
        leave();
    };

    const seen = () => localStorage.setItem(SEEN, Date.now());

    // Whoever types is there: the session is told of it, now and then.
    const typed = () => {
        if (Date.now() - Number(localStorage.getItem(SEEN)) < 300_000) return;
        seen();
        fetch("/admin/jsi18n/", {cache: "no-store", credentials: "same-origin"}).catch(() => null);
    };

    seen();
    const looking = setInterval(look, 10_000);
    document.addEventListener("portal:seen", seen);
    document.addEventListener("input", typed);
})();
