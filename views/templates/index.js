(function () {
  "use strict";
  var root = document.documentElement, box = document.querySelector(".search input");
  function all(query) { return Array.prototype.slice.call(document.querySelectorAll(query)); }
  function speak(name) {
    root.lang = name;
    all(".languages button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.lang === name));
    });
    if (box && box.dataset[name]) { box.placeholder = box.dataset[name]; }
    var title = all("h1 ." + name)[0];
    if (title) { document.title = title.textContent; }
    all(".areas a").forEach(function (link) { link.href = link.getAttribute("href").split("?")[0] + "?lang=" + name; });
    try { history.replaceState(null, "", location.pathname + "?lang=" + name); } catch (error) { /* the address stays */ }
  }
  function find() {
    var wanted = box.value.normalize("NFKC").toLowerCase().trim(), found = 0;
    all(".areas li").forEach(function (row) {
      row.hidden = row.dataset.find.indexOf(wanted) < 0;
      found += row.hidden ? 0 : 1;
    });
    document.querySelector(".none").hidden = found > 0;
  }
  all(".languages button").forEach(function (button) {
    button.addEventListener("click", function () { speak(button.dataset.lang); });
  });
  if (box) {
    box.addEventListener("input", find);
    box.addEventListener("keydown", function (event) {
      var first = event.key === "Enter" && all(".areas li").filter(function (row) { return !row.hidden; })[0];
      if (first) { first.querySelector("a").click(); }
    });
  }
  var wanted = /[?&]lang=(zh|en)\b/.exec(location.search);
  if (all(".languages button").length) { speak(wanted ? wanted[1] : root.lang); }
})();
