export const customers = {
  'customers.title': 'Customers',
  'customers.empty': 'There is no customer yet. Import a file to begin.',
  'customers.name': 'Name',
  'customers.email': 'E-mail',
  'customers.spend': 'Total spend',
  'customers.visits': 'Visits',
  'customers.lastVisit': 'Last visit',
  'customers.country': 'Country',
  'customers.search': 'Name, e-mail or number',
  'customers.count': '{count, plural, one {# customer} other {# customers}}',
  'customers.empty.search': 'Nobody is found by that. Try the beginning of a name, an e-mail or a number.',
} as const;
