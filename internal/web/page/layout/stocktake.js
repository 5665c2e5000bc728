// The one script of the site. Everything works without it: it asks for the next state of the same
// page in the background and swaps what changed, so that focus and place are kept; whatever goes
// wrong, the browser goes there as if there were no script.
(() => {
  let here = location.pathname + location.search, asked;
  const live = document.createElement("p");
  live.className = "vh";
  live.setAttribute("role", "status");
  history.scrollRestoration = "manual";
  addEventListener("pagehide", () => { history.scrollRestoration = "auto"; });
  addEventListener("pageshow", () => { history.scrollRestoration = "manual"; });

  // What the style sheet leaves for later is laid out in idle moments, a section or five rows at a
  // time, so that no single task is long; all at once only where the place of things is asked for.
  const idle = window.requestIdleCallback || setTimeout, parts = "main > section, main > .list > li, .flow > div, .gaps ~ .scroll";
  let whole = false;
  const lay = () => {
    const later = whole ? [] : [...document.querySelectorAll(parts)].filter(e => !e.hasAttribute("style"));
    for (const e of later.slice(0, later[0]?.localName === "li" ? 5 : 1)) e.style.contentVisibility = "visible";
    if (later.length) idle(lay);
  };
  const layAll = () => {
    if (whole) return;
    whole = true;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(parts + " { content-visibility: visible }");
    document.adoptedStyleSheets = [sheet];
    for (const e of document.querySelectorAll(parts)) e.removeAttribute("style");
  };
  addEventListener("load", () => idle(() => { document.body.append(live); lay(); }));

  const say = text => {
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 100);
  };

  const name = e => (e.getAttribute("aria-label") || e.name || e.textContent).trim();
  const place = e => e.closest("[aria-labelledby]")?.getAttribute("aria-labelledby") || "";
  const stops = root => [...root.querySelectorAll("a, button, summary, select, input:not([type=hidden])")];

  const swap = next => {
    const main = document.querySelector("main"), to = next.querySelector("main");
    const open = new Set([...main.querySelectorAll("details[open] > summary")].map(s => place(s) + s.textContent));
    const held = main.contains(document.activeElement) && document.activeElement !== main ? document.activeElement : null;
    const key = held && [held.tagName, place(held), name(held)].join("\n");
    for (const s of to.querySelectorAll("details > summary")) if (open.has(place(s) + s.textContent)) s.parentElement.open = true;
    const a = [...main.children], b = [...to.children];
    if (a.length === b.length) a.forEach((e, i) => { if (!e.isEqualNode(b[i])) e.replaceWith(b[i]); });
    else main.replaceChildren(...b);
    for (const part of [".top", ".foot"]) document.querySelector(part).replaceWith(next.querySelector(part));
    document.querySelector(".banner")?.remove();
    const banner = next.querySelector(".banner");
    if (banner) document.querySelector(".top").before(banner);
    document.title = next.title;
    const canonical = next.querySelector("link[rel=canonical]");
    if (canonical) document.querySelector("link[rel=canonical]")?.replaceWith(canonical);
    if (held && !held.isConnected)
      (stops(main).find(e => [e.tagName, place(e), name(e)].join("\n") === key) || main).focus({ preventScroll: true });
    say((main.querySelector("[data-total]") || main.querySelector("h1")).textContent);
  };

  const go = async (url, back) => {
    asked?.abort();
    const mine = asked = new AbortController();
    const main = document.querySelector("main");
    main.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { signal: mine.signal, credentials: "same-origin" });
      if (!answer.ok || !answer.headers.get("Content-Type").startsWith("text/html")) throw answer.status;
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine.signal.aborted) return;
      // What the reader looks at stays where it is, whatever becomes of what stands above it.
      const blocks = () => [...document.querySelector("main").children], top = e => e.getBoundingClientRect().top;
      const seen = blocks(), i = seen.findIndex(e => top(e) + e.offsetHeight > 0), was = i < 0 ? 0 : top(seen[i]);
      const y = back ? history.state?.y || 0 : scrollY, to = new URL(answer.url);
      if (to.pathname !== location.pathname) throw to;
      if (!back) {
        history.replaceState({ y }, "");
        history.pushState({ y }, "", answer.url + new URL(url, location).hash);
      }
      layAll();
      swap(next);
      here = location.pathname + location.search;
      const now = blocks();
      const moved = !back && i >= 0 && now.length === seen.length ? scrollY + top(now[i]) - was : y;
      scrollTo({ top: moved, behavior: "instant" });
    } catch (e) {
      if (mine.signal.aborted) return;
      back ? location.reload() : location.assign(url);
    } finally {
      if (mine === asked) document.querySelector("main").removeAttribute("aria-busy");
    }
  };

  const ours = url => url.origin === location.origin && url.pathname === location.pathname;

  addEventListener("click", e => {
    const a = e.target.closest?.("main a[href]");
    if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.hasAttribute("download") || a.target) return;
    const href = a.href.baseVal || a.href, url = new URL(href, location);
    if (!ours(url) || url.pathname + url.search === here) return;
    e.preventDefault();
    go(url.href);
  });

  addEventListener("submit", e => {
    const form = e.target, url = new URL(form.action);
    if (e.defaultPrevented || form.method !== "get" || !ours(url)) return;
    e.preventDefault();
    url.search = new URLSearchParams([...new FormData(form)].filter(([, v]) => v.trim()));
    go(url.href);
  });

  const text = async url => {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw answer.status;
    return new Blob([await answer.text()], { type: "text/plain" });
  };

  // A drawing as PNG: the browser draws our SVG with the reader's fonts, of all scripts.
  const png = async (url, name) => {
    const picture = new Image(), canvas = document.createElement("canvas"), link = document.createElement("a");
    picture.src = url;
    await picture.decode();
    canvas.width = 2 * picture.naturalWidth;
    canvas.height = 2 * picture.naturalHeight;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    link.href = URL.createObjectURL(await new Promise(done => canvas.toBlob(done)));
    link.download = name.replace(/svg$/, "png");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 9999);
  };

  addEventListener("click", async e => {
    const button = e.target.closest?.(".files button");
    if (!button) return;
    const { copied, failed } = button.closest(".files").dataset, { copy, png: drawing } = button.dataset;
    try {
      if (drawing) await png(drawing, button.previousElementSibling.download);
      else await navigator.clipboard.write([new ClipboardItem({ "text/plain": text(copy) })]);
      button.dataset.done = "✓";
      if (copy) say(copied);
    } catch {
      button.dataset.done = "✗";
      say(failed);
    }
  });

  addEventListener("popstate", () => {
    if (location.pathname + location.search !== here) go(location.href, true);
  });
})();
