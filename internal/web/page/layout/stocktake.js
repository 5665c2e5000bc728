// The one script of the site. Everything works without it: it asks for the next state of the same
// page in the background and swaps what changed, so that focus and place are kept; whatever goes
// wrong, the browser goes there as if there were no script.
(() => {
  const doc = document, all = (what, root = doc) => [...root.querySelectorAll(what)], one = (what, root = doc) => root.querySelector(what), on = addEventListener;
  let here = location.pathname + location.search, asked;
  const live = doc.createElement("p");
  live.className = "vh";
  live.setAttribute("role", "status");
  history.scrollRestoration = "manual";
  on("pagehide", () => { history.scrollRestoration = "auto"; });
  on("pageshow", () => { history.scrollRestoration = "manual"; });

  // What the style sheet leaves for later is laid out in idle moments, a section or five rows at a
  // time, so that no single task is long; all at once only where the place of things is asked for.
  const idle = window.requestIdleCallback || setTimeout, parts = "main > section, main > .list > li, .flow > div, .gaps ~ .scroll";
  let whole = false;
  const lay = () => {
    const later = whole ? [] : all(parts).filter(e => !e.hasAttribute("style"));
    for (const e of later.slice(0, later[0]?.localName === "li" ? 5 : 1)) e.style.contentVisibility = "visible";
    if (later.length) idle(lay);
  };
  const dress = css => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css + " main * { animation: none }"); // what comes a moment later takes no focus before
    doc.adoptedStyleSheets = [...doc.adoptedStyleSheets, sheet];
  };
  on("keydown", () => dress(""), { once: true });
  const layAll = () => {
    if (whole) return;
    whole = true;
    dress(parts + ", .where, .flow { content-visibility: visible }");
    for (const e of all(parts)) e.removeAttribute("style");
  };
  on("load", () => idle(() => { doc.body.append(live); rove(shapes()); lay(); }));

  const say = text => {
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 100);
  };

  const name = e => (e.ariaLabel || e.name || e.textContent).trim();
  const place = e => e.closest("[aria-labelledby]")?.getAttribute("aria-labelledby") || "";
  const key = e => [e.tagName, place(e), name(e)].join("\n");
  const stops = root => all("a, button, summary, select, input:not([type=hidden])", root);

  // A map is one stop for the keyboard; the arrows lead on from there, to those with nothing last.
  const shapes = root => [".map a:not(.without *)", ".map .without a"].flatMap(what => all(what, root));
  const rove = (links, stop = links[0]) => { for (const a of links) a.tabIndex = a === stop ? 0 : -1; };
  const { compare } = new Intl.Collator(doc.documentElement.lang, { sensitivity: "base" });
  on("keydown", e => {
    const links = shapes(), i = links.indexOf(e.target), k = e.key;
    if (i < 0 || e.altKey || e.metaKey || e.ctrlKey) return;
    const to = /^\p{L}$/u.test(k) // a letter: the next place that begins with it
      ? [...links.slice(i + 1), ...links.slice(0, i)].find(a => !compare(name(a)[0], k))
      : links[{ ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: links.length - 1 }[k]];
    if (!to) return;
    e.preventDefault();
    to.focus();
  });
  on("focusin", e => { if (shapes().includes(e.target)) rove(shapes(), e.target); });

  const swap = (next, was) => {
    const main = one("main"), to = one("main", next);
    const open = new Set(all("details[open] > summary", main).map(s => place(s) + s.textContent));
    const held = main.contains(doc.activeElement) && doc.activeElement !== main ? doc.activeElement : null;
    const k = was || held && key(held);
    const chips = () => all(".chips a:not(.clear)", main), i = chips().indexOf(held);
    for (const s of all("details > summary", to)) if (open.has(place(s) + s.textContent)) s.parentElement.open = true;
    rove(shapes(to));
    const a = [...main.children], b = [...to.children];
    if (a.length === b.length) a.forEach((e, i) => { if (!e.isEqualNode(b[i])) e.replaceWith(b[i]); });
    else main.replaceChildren(...b);
    for (const part of [".top", ".foot", "link[rel=canonical]"]) {
      const now = one(part, next);
      if (now) one(part)?.replaceWith(now);
    }
    one(".banner")?.remove();
    const banner = one(".banner", next);
    if (banner) one(".top").before(banner);
    doc.title = next.title;
    if (was || held && !held.isConnected) {
      // Where a chip was taken away: the next one, or the filters; else what stands in that place now.
      const at = held && place(held), after = !held ? []
        : held.closest(".chips, .extras") ? [chips()[i], chips()[i - 1], chips().at(-1), ...all(".filters summary, .filters input")]
        : [...at ? stops(main).filter(e => place(e) === at) : [], ...all(".compare summary")];
      for (const e of [stops(main).find(e => key(e) === k), ...after, main]) {
        e?.focus({ preventScroll: true });
        if (e && doc.activeElement === e) break;
      }
    }
    say((one("[data-total]", main) || one("h1", main)).textContent);
  };

  const go = async (url, back, turned) => {
    asked?.abort();
    const mine = asked = new AbortController();
    const main = one("main");
    main.ariaBusy = "true";
    try {
      const answer = await fetch(url, { signal: mine.signal, credentials: "same-origin" });
      if (!answer.ok || !answer.headers.get("Content-Type").startsWith("text/html")) throw answer.status;
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine.signal.aborted) return;
      // What the reader looks at stays where it is, whatever becomes of what stands above it.
      const blocks = () => all("main > *"), top = e => e.getBoundingClientRect().top;
      const seen = blocks(), i = seen.findIndex(e => top(e) + e.offsetHeight > 0), was = i < 0 ? 0 : top(seen[i]);
      const y = back ? history.state?.y || 0 : scrollY, to = new URL(answer.url);
      if (to.pathname !== location.pathname) throw to;
      if (!back) {
        const at = doc.activeElement?.closest("main *");
        history.replaceState({ y, k: at && key(at) }, "");
        history.pushState({ y }, "", answer.url + new URL(url, location).hash);
      }
      layAll();
      swap(next, back && history.state?.k);
      here = location.pathname + location.search;
      const now = blocks();
      const moved = !back && i >= 0 && now.length === seen.length ? scrollY + top(now[i]) - was : y;
      scrollTo(0, moved);
      doc.activeElement.closest("main *")?.scrollIntoView({ block: "nearest" });
      if (turned) { // another page of a list is read from its beginning
        const start = one(".list")?.previousElementSibling || one("main");
        start.tabIndex = -1;
        start.focus({ preventScroll: true });
        start.scrollIntoView();
      }
    } catch (e) {
      if (mine.signal.aborted) return;
      back ? location.reload() : location.assign(url);
    } finally {
      if (mine === asked) one("main").ariaBusy = null;
    }
  };

  const ours = url => url.origin === location.origin && url.pathname === location.pathname;

  on("click", e => {
    const a = e.target.closest?.("main a[href]");
    if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.hasAttribute("download") || a.target) return;
    const href = a.href.baseVal || a.href, url = new URL(href, location);
    if (!ours(url) || url.pathname + url.search === here) return;
    e.preventDefault();
    go(url.href, false, a.closest(".pages"));
  });

  on("submit", e => {
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
    const picture = new Image(), canvas = doc.createElement("canvas"), link = doc.createElement("a");
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

  on("click", async e => {
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

  on("popstate", () => {
    if (location.pathname + location.search !== here) go(location.href, true);
  });
})();
