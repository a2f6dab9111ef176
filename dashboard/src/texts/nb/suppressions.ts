import type { suppressions as english } from '../en/suppressions';

export const suppressions: Record<keyof typeof english, string> = {
  'suppressions.title': 'Stengte adresser',
  'suppressions.lift.sure':
    'Kampanjer kan skrive til denne adressen igjen. Gjør det bare når personen har bedt om det. Åpne den?',
  'suppressions.empty':
    'Ingen adresse er stengt. De som melder seg av eller ikke kan nås, kommer hit av seg selv.',
  'suppressions.empty.filtered': 'Ingen stengt adresse er funnet med det.',
  'suppressions.import': 'Importer en liste',
  'suppressions.search': 'Begynnelsen av en adresse',
  'suppressions.count': '{count, plural, one {# adresse} other {# adresser}}',
  'suppressions.address': 'Adresse',
  'suppressions.channel': 'Kanal',
  'suppressions.channel.all': 'Alle kanaler',
  'suppressions.reason': 'Årsak',
  'suppressions.reason.all': 'Alle årsaker',
  'suppressions.since': 'Stengt siden',
  'suppressions.erased': 'slettet',
  'suppressions.lift': 'Åpne',
  'suppressions.lift.one': 'Åpne {address}',
  'suppressions.new': 'Steng adresser',
  'suppressions.new.addresses': 'Adresser, én per linje',
  'suppressions.new.hint': 'Høyst 1 000. Flere kan importeres som fil.',
  'suppressions.new.submit': 'Steng dem',
  'suppressions.new.line': 'Linje {line}: {message}',
  'suppressions.done': '{count, plural, one {# adresse er stengt.} other {# adresser er stengt.}}',
  'reason.suppression.UNSUBSCRIBED': 'Avmeldt',
  'reason.suppression.BOUNCED': 'Meldinger kommer i retur',
  'reason.suppression.COMPLAINED': 'Kalt søppelpost',
  'reason.suppression.MANUAL': 'Ført inn for hånd',
};
