import type { campaigns as english } from '../en/campaigns';

export const campaigns: Record<keyof typeof english, string> = {
  'campaigns.title': 'Kampanjer',
  'campaigns.empty': 'Det finnes ingen kampanje ennå. Skriv den første.',
  'campaigns.name': 'Navn',
  'campaigns.status': 'Tilstand',
  'campaigns.channel': 'Kanal',
  'campaigns.created': 'Laget',
  'campaigns.progress': 'Framdrift',
  'campaigns.actions': 'Hva som kan gjøres',
  'campaigns.empty.filtered': 'Ingen kampanje er i denne tilstanden.',
  'campaigns.new': 'Ny kampanje',
  'campaigns.make': 'Skriv den',
  'campaigns.edit.one': 'Rediger {name}',
  'campaigns.delete': 'Slett',
  'campaigns.delete.one': 'Slett {name}',
  'campaigns.delete.sure': '«{name}» er ikke sendt til noen. Slette utkastet for godt?',
};
