(function () {
  "use strict";
  var root = document.documentElement, last = document.querySelectorAll(".dots button").length;
  var meta = document.querySelector('meta[name="walkwatch-answers"]'), url = meta ? meta.content : "";
  var current = 1, language = root.lang;
  function all(query, from) { return Array.prototype.slice.call((from || document).querySelectorAll(query)); }

  function address() {
    try {
      history.replaceState(null, "", location.pathname + "?lang=" + language + "#" + current);
    } catch (error) { location.replace("#" + current); }
    all(".home").forEach(function (link) { link.href = link.getAttribute("href").split("?")[0] + "?lang=" + language; });
  }
  function show(number) {
    current = Math.min(Math.max(number || 1, 1), last);
    all(".slide").forEach(function (slide) { slide.classList.toggle("on", slide.id.split("-")[1] === String(current)); });
    all(".dots button").forEach(function (dot, i) {
      if (i + 1 === current) { dot.setAttribute("aria-current", "true"); } else { dot.removeAttribute("aria-current"); }
    });
    document.querySelector(".pager .number").textContent = current + " / " + last;
    all(".arrows button").forEach(function (arrow) {
      arrow.disabled = current + Number(arrow.dataset.step) < 1 || current + Number(arrow.dataset.step) > last;
    });
    address();
  }
  function speak(name) {
    if (!document.querySelector(".deck." + name)) { return; }
    language = name;
    root.lang = name;
    all(".languages button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.lang === name));
    });
    var title = document.querySelector(".deck." + name + " .name");
    if (title) { document.title = title.textContent; }
    address();
  }
  function typing(target) { return /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName); }

  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) { return; }
    var step = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }[event.key];
    if (step) { show(current + step); } else if (event.key === "Home") { show(1); } else if (event.key === "End") { show(last); } else { return; }
    event.preventDefault();
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button") : null;
    if (!button) { return; }
    if (button.dataset.to) { show(Number(button.dataset.to)); }
    if (button.dataset.step) { show(current + Number(button.dataset.step)); }
    if (button.dataset.lang) { speak(button.dataset.lang); }
    if (button.className === "to-form" || button.className === "to-results") {
      all(".slide.safe").forEach(function (slide) { slide.classList.toggle("asking", button.className === "to-form"); });
    }
  });
  window.addEventListener("hashchange", function () { show(Number(location.hash.slice(1))); });

  // --- what the hall answers: only where the page is served by the meeting's own process ---

  function twins(query) { return all("form " + query); }
  function sentence(node, said) { node.textContent = said ? said[node.closest(".deck").lang] || "" : ""; }
  function mirror(event) {
    if (!event.target.name) { return; }
    twins('[name="' + event.target.name + '"]').forEach(function (field) { field.value = event.target.value; });
  }
  function interval(numbers) {
    var space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg");
    function add(tag, facts) {
      var part = document.createElementNS(space, tag);
      Object.keys(facts).forEach(function (name) { part.setAttribute(name, facts[name]); });
      drawing.appendChild(part);
    }
    drawing.setAttribute("class", "interval");
    drawing.setAttribute("viewBox", "0 0 1000 60");
    drawing.setAttribute("preserveAspectRatio", "none");
    add("path", { "class": "axis", d: "M0 30H1000M0 16V44M500 20V40M1000 16V44" });
    add("rect", { "class": "range", x: numbers.low * 10, y: 18, width: (numbers.high - numbers.low) * 10, height: 24 });
    add("rect", { "class": "point", x: numbers.share * 10 - 5, y: 6, width: 10, height: 48 });
    return drawing;
  }
  function told(kind, answer) {
    var forms = 'form[data-kind="' + kind + '"] ';
    all(forms + ".error").forEach(function (node) {
      var fault = (answer.errors || {})[node.dataset.for];
      sentence(node, fault && fault.said);
      if (fault && fault.twice) {
        var again = document.createElement("button");
        again.type = "button";
        again.className = "again";
        again.textContent = fault.again[node.closest(".deck").lang];
        again.addEventListener("click", function () { send(node.closest("form"), true); });
        node.appendChild(again);
      }
      all(forms + '[aria-describedby$="-e-' + node.dataset.for + '"]').forEach(function (field) {
        if (fault) { field.setAttribute("aria-invalid", "true"); } else { field.removeAttribute("aria-invalid"); }
      });
    });
    all(forms + ".result").forEach(function (node) {
      var result = (answer.results || {})[node.dataset.result];
      if ((answer.errors || {})[node.dataset.result]) { node.textContent = ""; }
      if (!result) { return; }
      sentence(node, result.said);
      if (result.share !== null && result.share !== undefined) { node.appendChild(interval(result)); }
    });
    if (kind === "remark" && !Object.keys(answer.errors || {}).length) {
      all(forms + "input," + forms + "select").forEach(function (field) { field.value = ""; });
    }
  }
  function send(form, again) {
    var kind = form.dataset.kind, body = { kind: kind, area: root.dataset.area, replace: Boolean(again) };
    all("input,select", form).forEach(function (field) { body[field.name] = field.value; });
    var buttons = twins(".send button");
    function done(answer) {
      told(kind, answer);
      buttons.forEach(function (button) { button.disabled = false; });
    }
    buttons.forEach(function (button) { button.disabled = true; });
    fetch(url, {
      method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body)
    }).then(function (response) { return response.json(); }).then(done).catch(function () {
      // The words for "nobody answers" stand in the page: the server cannot say them.
      var said = {};
      all('form[data-kind="' + kind + '"]').forEach(function (one) { said[one.closest(".deck").lang] = one.dataset.unreached; });
      done({ errors: { form: { said: said } } });
    });
  }
  if (url) {
    root.classList.add("answers");
    all("template.form").forEach(function (template) {
      template.parentNode.insertBefore(template.content.cloneNode(true), template);
    });
    all("form").forEach(function (form) {
      form.addEventListener("input", mirror);
      form.addEventListener("submit", function (event) { event.preventDefault(); send(form, false); });
    });
  }

  if (window.top !== window) { all(".home").forEach(function (link) { link.target = "_self"; }); }
  root.classList.add("js");
  var wanted = /[?&]lang=(zh|en)\b/.exec(location.search), number = Number(location.hash.slice(1)) || 1;
  current = number;
  speak(wanted ? wanted[1] : language);
  show(number);
})();
