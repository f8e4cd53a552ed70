// What the browser remembers for this page; storage may be closed to us.

export function remembered(name, storage = "localStorage") {
  try {
    return window[storage].getItem(`tpcapital.${name}`);
  } catch {
    return null;
  }
}

export function remember(name, value, storage = "localStorage") {
  try {
    if (value === null) window[storage].removeItem(`tpcapital.${name}`);
    else window[storage].setItem(`tpcapital.${name}`, value);
  } catch {
    // then it lasts as long as the page
  }
}
