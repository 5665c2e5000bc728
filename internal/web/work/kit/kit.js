// The script of the workspace. Everything works without it: it counts characters, saves forms
// while somebody writes, and presses buttons by single keys.
(() => {
  const all = (s, root = document) => [...root.querySelectorAll(s)];
  const words = document.querySelector("template#words")?.dataset || {};
  // What waits in this tab is sealed with a key of the session, which only its pages carry: whoever
  // comes after it, by signing out or by waiting, finds nothing to read.
  const bytes = s => Uint8Array.from(atob(s), c => c.charCodeAt(0));
  const key = words.seal && self.crypto?.subtle?.importKey("raw", bytes(words.seal), "AES-GCM", false, ["encrypt", "decrypt"]).catch(() => null);
  const lock = async v => {
    const iv = crypto.getRandomValues(new Uint8Array(12)), data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, new TextEncoder().encode(v));
    return btoa(String.fromCharCode(...iv) + Array.from(new Uint8Array(data), c => String.fromCharCode(c)).join(""));
  };
  const unlock = async v => {
    const all = bytes(v);
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await key, all.slice(12)));
  };
  const store = { get: k => { try { return sessionStorage.getItem(k); } catch { return null; } }, set: (k, v) => { try { v === null ? sessionStorage.removeItem(k) : sessionStorage.setItem(k, v); } catch { /* full, or forbidden */ } } };

  // Whoever signs out leaves no words behind, in this tab or another.
  const forget = () => { try { Object.keys(sessionStorage).filter(k => k.startsWith("draft ")).forEach(k => sessionStorage.removeItem(k)); } catch { /* forbidden */ } };
  const out = new BroadcastChannel("sign-out");
  out.onmessage = forget;
  if (document.querySelector("[data-forget]")) { forget(); out.postMessage(""); }

  all("[data-focus]").slice(0, 1).forEach(e => e.focus());

  // Characters left, told once a second at most.
  for (const p of all("[data-count]")) {
    const area = document.getElementById(p.dataset.count), max = +area.dataset.max;
    const tell = () => {
      const left = max - [...area.value.replace(/\r\n/g, "\n")].length;
      p.textContent = p.dataset.says.replace("%n", left.toLocaleString(document.documentElement.lang === "ar" ? "ar-u-nu-latn" : document.documentElement.lang));
      p.classList.toggle("fault", left < 0);
    };
    area.addEventListener("input", tell);
    tell();
  }

  // A file that is too large is told at its field and not sent, with everything else, in vain.
  for (const input of all("input[type=file][data-most]")) {
    const id = input.id + "-most", before = input.getAttribute("aria-describedby");
    const told = () => {
      const over = [...input.files].some(f => f.size > +input.dataset.most);
      let p = document.getElementById(id);
      if (over && !p) {
        p = document.createElement("p");
        p.id = id;
        p.className = "fault";
        p.setAttribute("role", "alert");
        input.before(p);
        p.textContent = input.dataset.says;
        input.setAttribute("aria-describedby", [before, id].filter(Boolean).join(" "));
        input.setAttribute("aria-invalid", "true");
      } else if (!over && p) {
        p.remove();
        before ? input.setAttribute("aria-describedby", before) : input.removeAttribute("aria-describedby");
        input.removeAttribute("aria-invalid");
      }
      input.closest(".field")?.classList.toggle("wrong", over);
      return over;
    };
    input.addEventListener("change", told);
    input.form?.addEventListener("submit", e => {
      if (!told()) return;
      e.preventDefault();
      e.stopImmediatePropagation(); // or the form that saves itself takes it for sent
      input.focus();
    });
  }

  // A form that saves itself: a moment after somebody stops, on leaving a field, and again after
  // a failure, ever more slowly. What has not reached the server waits in this tab.
  for (const form of all("form[data-autosave]")) {
    const at = "draft " + form.getAttribute("action"), said = document.createElement("span");
    said.className = "saving";
    said.setAttribute("role", "status");
    (form.querySelector(".actions") || form).append(said);
    const pairs = () => [...new FormData(form)].filter(([, v]) => typeof v === "string");
    const text = () => JSON.stringify(pairs().filter(([n]) => n[0] !== "_"));
    const version = () => form.elements._version?.value || "";
    let sent = text(), timer, busy, wait = 1500, stopped, leaving;
    let turn = 0; // of keeping: the last word counts, however long sealing takes
    const keep = async v => {
      const mine = ++turn, sealed = v === null ? null : key ? await lock(v).catch(() => null) : null;
      if (mine === turn) store.set(at, sealed);
    };
    const later = ms => { clearTimeout(timer); timer = setTimeout(() => save(), ms); };
    const bring = kept => {
      if (kept.version !== version() || kept.text === sent || text() !== sent || document.getElementById("faults")) return;
      const values = new Map();
      for (const [n, v] of JSON.parse(kept.text)) values.set(n, [...(values.get(n) || []), v]);
      for (const e of form.elements) {
        if (!e.name || e.name[0] === "_" || e.type === "file" || e.type === "hidden") continue;
        const v = values.get(e.name) || [];
        if (e.type === "checkbox" || e.type === "radio") e.checked = v.includes(e.value);
        else if (v.length) e.value = v[0];
        e.dispatchEvent(new Event("input", { bubbles: true }));
      }
      said.textContent = words.kept;
      later(wait);
    };
    const before = store.get(at);
    if (before) key ? unlock(before).then(v => bring(JSON.parse(v))).catch(() => store.set(at, null)) : store.set(at, null);
    const box = document.querySelector("[data-region]");
    let news = "", fresh; // what the part of the page beside the form says, as of the last save
    const swap = () => { if (fresh && !box.contains(document.activeElement)) { box.innerHTML = fresh; fresh = ""; } };
    if (box) { news = box.dataset.says; box.addEventListener("focusout", () => setTimeout(swap)); }
    const save = () => busy ||= (stopped || text() === sent ? undefined : post().finally(() => { busy = undefined; }));
    const post = async () => {
      const now = text(), body = new URLSearchParams(pairs());
      said.textContent = words.saving;
      try {
        const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { "X-Autosave": "1", "X-Region": box?.dataset.region || "", Accept: "application/json" } });
        if (answer.status >= 500 || answer.status === 429) throw answer.status;
        const told = await answer.json();
        if (told.region && box) {
          if (told.region.says !== news) told.says += " " + (news = told.region.says);
          fresh = told.region.html;
          swap();
        }
        said.textContent = told.says;
        if (answer.status === 401) { later(15000); return; } // signed in again in another tab, it goes on
        if (!answer.ok) { stopped = true; return; }
        sent = now;
        wait = 1500;
        if (told.version && form.elements._version) form.elements._version.value = told.version;
        keep(text() === sent ? null : JSON.stringify({ version: version(), text: text() }));
        if (text() !== sent) later(wait);
      } catch {
        said.textContent = words.waiting;
        wait = Math.min(wait * 2, 60000);
        later(wait);
      }
    };
    form.addEventListener("input", () => {
      if (stopped) return;
      keep(JSON.stringify({ version: version(), text: text() }));
      if (said.textContent !== words.waiting) said.textContent = words.unsaved;
      later(wait);
    });
    form.addEventListener("change", () => later(300));
    form.addEventListener("focusout", () => { if (text() !== sent) later(300); });
    let held, go; // a button that is pressed while a save is under way waits for the version which that one makes
    form.addEventListener("submit", e => {
      if (busy && !go) {
        e.preventDefault();
        held ||= Promise.race([busy, new Promise(r => setTimeout(r, 10000))]).then(() => { held = null; go = true; form.requestSubmit(e.submitter); go = false; });
        return;
      }
      leaving = true;
      clearTimeout(timer);
      keep(null);
    });
    addEventListener("online", () => later(0));
    addEventListener("beforeunload", e => { if (!leaving && text() !== sent) e.preventDefault(); });
  }

  // Single keys, as the list under "?" names them; off while one writes, and for whoever turns
  // them off.
  const dialog = document.getElementById("keys");
  const keyed = () => all("[data-key]").filter(e => !e.disabled && e.getClientRects().length);
  if (dialog) {
    const on = dialog.querySelector("[data-keys-on]");
    const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
    on.checked = !off();
    on.addEventListener("change", () => { try { localStorage.setItem("keys", on.checked ? "on" : "off"); } catch { /* forbidden */ } });
    const host = e => e.matches("input") && e.closest("label")?.lastElementChild || e; // which shows the key
    const label = e => (e.getAttribute("aria-label") || [...host(e).childNodes].filter(n => n.nodeName !== "KBD").map(n => n.textContent).join("")).trim();
    const help = () => {
      const list = dialog.querySelector("dl");
      list.replaceChildren();
      const escape = all("details form").length ? [["Esc", words.escape]] : [];
      for (const [key, what] of [...keyed().map(e => [e.dataset.key, e.matches("[data-enter]") ? words.enter.replace("%w", label(e)) : label(e)]), ...escape, ["?", words.help]]) {
        const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
        kbd.textContent = key;
        dt.append(kbd);
        dd.textContent = what;
        list.append(dt, dd);
      }
      dialog.showModal();
    };
    for (const b of all("[data-keys]")) { b.hidden = false; b.addEventListener("click", help); }
    for (const e of all("[data-key]")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = e.dataset.key;
      kbd.setAttribute("aria-hidden", "true");
      host(e).append(kbd);
      e.setAttribute("aria-keyshortcuts", e.dataset.key);
    }
    addEventListener("keydown", e => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || dialog.open || off()) return;
      // In a form that a key has opened only its own keys act, and Escape closes it: a slip while one
      // chooses reasons decides nothing.
      const here = e.target.closest?.("form"), opened = here?.closest("details[open]");
      if (opened && e.key === "Escape") {
        e.preventDefault();
        opened.open = false;
        opened.querySelector("summary").focus();
        return;
      }
      if (e.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) return;
      if (["?", "؟", "？"].includes(e.key)) { e.preventDefault(); help(); return; } // as Arabic and Chinese keyboards write it, too
      // On a keyboard of another script the letter, or the digit, is that of the key's place.
      const place = !/^[a-z\d]$/i.test(e.key) && /^Key[A-Z]$|^Digit\d$/.test(e.code) && !(e.shiftKey && e.code[0] === "D") ? e.code.at(-1).toLowerCase() : e.key.toLowerCase();
      // Two lists may have the same digits: that of the form counts in which one stands.
      const fit = keyed().filter(x => x.dataset.key === place), to = fit.find(x => here?.contains(x)) || !opened && fit[0];
      if (!to) return;
      e.preventDefault();
      // What cannot be taken back is only led to: Enter presses it.
      if (to.matches("input:not([type=checkbox]), textarea, select, [data-enter]")) to.focus(); else to.click();
      if (to.matches("summary")) (to.parentElement.open && to.parentElement.querySelector("form :is(input:not([type=hidden]), select, textarea)") || to).focus();
    });
  }
})();
