/** Where in the form the server's words belong, and where a finding leads. */

const FIELDS: Record<string, string> = {
  holdout: 'holdoutPercent',
  'quietHours.from': 'quietFrom',
  'quietHours.until': 'quietUntil',
  quietHours: 'quietFrom',
  attachmentIds: 'attachments',
};
const PARTS: Record<string, string> = {
  'whatsapp.template': 'template',
  'whatsapp.language': 'template',
  'whatsapp.headerMediaId': 'header',
  'whatsapp.parameters': 'template',
};

/** A path of the server as one of the form: `message.html` is `texts.0.html`. */
export function fieldAt(path: readonly string[]): string {
  const [first = '', second = '', third, ...rest] = path;
  if (first === 'message') return textAt('0', path.slice(1));
  if (first === 'variants' && third === 'message') return textAt(second, rest);
  if (first === 'variants') return ['texts', second, third].filter(Boolean).join('.');
  if (first === 'attachmentIds') return 'attachments';
  const whole = path.join('.');
  return FIELDS[whole] ?? whole;
}

function textAt(number: string, path: readonly string[]): string {
  const part = path.join('.');
  if (part.startsWith('whatsapp.parameters.')) return `texts.${number}.parameters.${path[2] ?? ''}`;
  return `texts.${number}.${PARTS[part] ?? (part || 'body')}`;
}

/** Which text a field of the form belongs to, if any. */
export function textNumber(field: string): number | null {
  const found = /^texts\.(\d+)/.exec(field);
  return found ? Number(found[1]) : null;
}

/** The id of a field's element in the page. */
export function anchor(field: string): string {
  return `field-${field.replaceAll('.', '-')}`;
}

/** Moves the focus to the field, or to the nearest that encloses it. */
export function focusField(field: string): void {
  const parts = field.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const element = document.getElementById(anchor(parts.slice(0, length).join('.')));
    if (!element) continue;
    element.scrollIntoView({ block: 'center' });
    element.focus({ preventScroll: true });
    return;
  }
}
