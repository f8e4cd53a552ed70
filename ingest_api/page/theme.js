// Before the first paint: the theme that was chosen, if one was. A classic script on purpose.
"use strict";
try {
  const chosen = localStorage.getItem("tpcapital.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // storage may be closed to us: the system's theme it is
}
