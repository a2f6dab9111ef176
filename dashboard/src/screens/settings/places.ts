/** Countries and time zones to choose from, as the browser knows and names them. */

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
/** What the browser has names for and is no country. */
const NONE = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);

interface Choice {
  value: string;
  label: string;
}

/** By their names in the reader's language; the API takes the codes. */
export function countries(locale: string, chosen: string | null): Choice[] {
  const names = new Intl.DisplayNames([locale], { type: 'region', fallback: 'none' });
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  const found = codes.flatMap((value) => {
    // Codes that are none any more go by another's name.
    const isOne = !NONE.has(value) && new Intl.Locale('und', { region: value }).maximize().region === value;
    const name = isOne ? names.of(value) : undefined;
    return name === undefined ? [] : [{ value, label: name }];
  });
  return withChosen(
    found.sort((one, other) => one.label.localeCompare(other.label, locale)),
    chosen,
  );
}

export function zones(chosen: string): Choice[] {
  const found = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return withChosen(
    found.map((value) => ({ value, label: value.replaceAll('_', ' ') })),
    chosen,
  );
}

/** The server may know what this browser does not. */
function withChosen(choices: Choice[], chosen: string | null): Choice[] {
  if (chosen === null || choices.some(({ value }) => value === chosen)) return choices;
  return [{ value: chosen, label: chosen }, ...choices];
}
