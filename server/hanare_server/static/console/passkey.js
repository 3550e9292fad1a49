// Passkeys: the form that carries `data-passkey` asks the browser for a credential and sends it. No library: browsers speak JSON.
"use strict";

async function options(form) {
  const from = form.dataset.optionsFrom;
  if (!from) return JSON.parse(document.getElementById("passkey-options").textContent);
  const answer = await fetch(from, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`passkey options: ${answer.status}`);
  return answer.json();
}

async function credential(form) {
  const given = await options(form);
  if (form.dataset.passkey === "get") {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given.request_options.publicKey);
    return navigator.credentials.get({ publicKey });
  }
  const wanted = given.creation_options.publicKey;
  // A passkey alone signs in, so it must find its account by itself and check its owner.
  wanted.authenticatorSelection = { ...wanted.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fault = form.querySelector("[hidden][role=alert]");
    try {
      form.elements.credential.value = JSON.stringify((await credential(form)).toJSON());
      form.submit();
    } catch {
      if (fault) fault.hidden = false;
    }
  });
}
