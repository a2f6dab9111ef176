import type { customers as english } from '../en/customers';

export const customers: Record<keyof typeof english, string> = {
  'customers.title': 'Kunder',
  'customers.empty': 'Det finnes ingen kunde ennå. Importer en fil for å begynne.',
  'customers.name': 'Navn',
  'customers.email': 'E-post',
  'customers.spend': 'Brukt i alt',
  'customers.visits': 'Besøk',
  'customers.lastVisit': 'Siste besøk',
  'customers.country': 'Land',
  'customers.search': 'Navn, e-post eller nummer',
  'customers.count': '{count, plural, one {# kunde} other {# kunder}}',
  'customers.empty.search': 'Ingen er funnet. Prøv begynnelsen av et navn, en e-post eller et nummer.',
};
