// Follows a deployment that goes on: the server sends the rows that changed, and this puts them in their places.
// Without it the page shows the same after it is loaded again.
"use strict";

for (const view of document.querySelectorAll("[data-follow]")) {
  const source = new EventSource(view.dataset.follow);
  const parse = (text) => {
    const template = document.createElement("template");
    template.innerHTML = text;
    return template.content.firstElementChild;
  };
  source.addEventListener("part", (event) => {
    const part = parse(event.data);
    const old = document.getElementById(part.id);
    if (old) {
      old.replaceWith(part);
    } else {
      document.getElementById(part.dataset.into).append(part);
    }
  });
  source.addEventListener("end", () => source.close());
}
