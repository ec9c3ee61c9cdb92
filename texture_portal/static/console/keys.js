// The console by keys, where nothing is being typed: f finds, g and a letter goes to a page, ? says which.
"use strict";
(() => {
    const pages = {
        h: ["Front page", "/admin/"], e: ["Enrollments", "/admin/enrollments/enrollment/"],
        q: ["Review queue", "/admin/enrollments/reviewcase/"], m: ["My cases", "/admin/enrollments/reviewcase/?holder=me"],
        d: ["Devices", "/admin/devices/device/"], p: ["Programs", "/admin/programs/program/"],
        c: ["Consents", "/admin/enrollments/consent/"], v: ["Dispatch events", "/admin/programs/dispatchevent/"],
    };
    let waits = false;

    const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

    const help = () => {
        const shown = document.getElementById("keys-help");
        if (shown) return shown.remove();
        const box = document.createElement("dialog");
        box.id = "keys-help";
        const lines = [["f", "Find"], ["/", "Search this list"], ...Object.entries(pages).map(([key, [name]]) => [`g ${key}`, name])];
        for (const [key, name] of lines) {
            const line = document.createElement("p");
            line.append(Object.assign(document.createElement("kbd"), {textContent: key}), ` ${name}`);
            box.append(line);
        }
        document.body.append(box);
        box.addEventListener("close", () => box.remove());
        box.showModal();
    };

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
        const page = waits && pages[event.key];
        waits = event.key === "g";
        if (page) window.location.assign(page[1]);
        else if (event.key === "f") window.location.assign("/admin/find/");
        else if (event.key === "?") help();
        else return;
        event.preventDefault();
    });

    // A browser passes over what is to have the focus now and then, where a key brought the page.
    window.addEventListener("load", () => {
        if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
    });
})();
