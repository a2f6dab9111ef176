import type { campaigns as english } from '../en/campaigns';

export const campaigns: Record<keyof typeof english, string> = {
  'campaigns.title': 'Kampanjer',
  'campaigns.empty': 'Det finnes ingen kampanje ennå. Skriv den første.',
  'campaigns.name': 'Navn',
  'campaigns.status': 'Tilstand',
  'campaigns.channel': 'Kanal',
  'campaigns.created': 'Laget',
  'campaigns.progress': 'Framdrift',
  'campaigns.empty.filtered': 'Ingen kampanje er i denne tilstanden.',
};
