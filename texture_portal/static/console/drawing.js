// An area is drawn corner by corner; what is typed into the form is GeoJSON in degrees (territories/maps/view.py).
(() => {
    for (const canvas of document.querySelectorAll(".dispatch-canvas")) {
        const {west, north, scale, into, choice} = canvas.dataset;
        const shape = canvas.querySelector(".area"), field = document.getElementById(into);
        let corners = [];
        const degrees = ([x, y]) => {
            const [worldX, worldY] = [Number(west) + x * scale, Number(north) + y * scale];
            const latitude = Math.atan(Math.sinh(2 * Math.PI * (0.5 - worldY))) * 180 / Math.PI;
            return [(worldX - 0.5) * 360, latitude].map((each) => Number(each.toFixed(6)));
        };
        const show = () => {
            shape.setAttribute("points", corners.map((each) => each.join(",")).join(" "));
            if (corners.length < 3) {
                field.value = "";
                return;
            }
            const ring = [...corners, corners[0]].map(degrees);
            field.value = JSON.stringify({type: "Polygon", coordinates: [ring]});
            const list = document.getElementById(choice);
            list.value = "area";
            list.dispatchEvent(new Event("change", {bubbles: true}));
        };
        canvas.addEventListener("click", (event) => {
            const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(canvas.getScreenCTM().inverse());
            corners.push([at.x, at.y].map((each) => Math.round(each * 10) / 10));
            show();
        });
        canvas.closest("details").querySelector("[data-clear]").addEventListener("click", () => {
            corners = [];
            show();
        });
    }
})();
