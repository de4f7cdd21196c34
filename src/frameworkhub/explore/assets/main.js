// The pages work without this: forms are sent, links are followed. With it, an element that has
// data-live is answered in place: see live.js.
import { live } from "./live.js";

document.documentElement.classList.add("scripted");
live();
