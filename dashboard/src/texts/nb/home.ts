import type { home as english } from '../en/home';

export const home: Record<keyof typeof english, string> = {
  'home.title': 'Hjem',
  'home.active': 'Sendes nå',
  'home.active.empty': 'Ingenting sendes.',
  'home.last': 'Siste kampanjer',
  'home.last.empty': 'Det finnes ingen kampanje ennå.',
  'home.customers': 'Kunder',
  'home.activeCustomers': 'Aktive de siste 90 dagene',
  'home.revenue': 'Omsetning per måned',
  'home.insights': 'Hva som er endret',
  'home.spend': 'Brukt i alt',
  'home.newCustomers': 'Nye de siste 30 dagene',
  'home.customersByMonth': 'Nye kunder per måned',
  'home.chart.empty': 'Det er ingenting å tegne ennå. Importer kunder og bestillinger for å begynne.',
  'home.insights.empty': 'Ingenting har endret seg som ikke kan være tilfeldig.',
};
