// What a form asks, as the address of its answer.

// The address that sending `form` would lead to, empty fields left out. The fields of the form
// that `data-with` names come along, so that what is ticked stays ticked.
export function address(form) {
  const url = new URL(form.action);
  const forms = [form, document.getElementById(form.dataset.with)];
  const pairs = forms.filter(Boolean).flatMap((each) => [...new FormData(each)]);
  const kept = new Set();
  for (const [name, value] of pairs) {
    const pair = `${name}=${value}`;
    if (value && !kept.has(pair)) {
      kept.add(pair);
      url.searchParams.append(name, value);
    }
  }
  return url;
}
