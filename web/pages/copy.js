const copy = document.getElementById("copy");
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.querySelector("link[rel=canonical]").href);
  copy.textContent = "Copied";
  setTimeout(() => { copy.textContent = "Copy link"; }, 2000);
});
