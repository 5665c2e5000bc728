// Passkeys: the button shows where the browser can. A time zone is guessed where none was chosen.
(() => {
  const can = window.PublicKeyCredential?.parseRequestOptionsFromJSON;
  for (const e of document.querySelectorAll("[data-guess=zone]")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!e.value && [...e.options].some(o => o.value === zone)) e.value = zone;
  }
  if (!can) return;
  const post = async (url, body) => {
    const answer = await fetch(url, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body) });
    return answer.json();
  };
  const offer = (box, url, make) => {
    const button = box.querySelector("button"), status = box.querySelector("[role=status]");
    box.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      status.textContent = "";
      try {
        const begun = await post(url + "/begin", {});
        if (begun.to) { location.assign(begun.to); return; }
        if (begun.says) { status.textContent = begun.says; return; }
        const response = (await make(begun.options.publicKey)).toJSON();
        const told = await post(url, { ceremony: begun.ceremony, response, name: box.querySelector("input")?.value || "" });
        if (told.to) location.assign(told.to);
        status.textContent = told.says || "";
      } catch (e) {
        if (e.name !== "NotAllowedError" && e.name !== "AbortError") status.textContent = e.message;
      } finally { button.disabled = false; }
    });
  };
  const use = document.querySelector("[data-passkey]"), add = document.querySelector("[data-passkey-new]");
  if (use) offer(use, use.dataset.passkey, o => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o) }));
  if (add) offer(add, add.dataset.passkeyNew, o => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o) }));
})();
