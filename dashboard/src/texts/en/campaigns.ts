export const campaigns = {
  'campaigns.title': 'Campaigns',
  'campaigns.empty': 'There is no campaign yet. Write the first one.',
  'campaigns.name': 'Name',
  'campaigns.status': 'State',
  'campaigns.channel': 'Channel',
  'campaigns.created': 'Made',
  'campaigns.progress': 'Progress',
  'campaigns.empty.filtered': 'No campaign is in this state.',
} as const;
