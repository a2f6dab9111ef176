import type { accounts as english } from '../en/accounts';

export const accounts: Record<keyof typeof english, string> = {
  'signIn.title': 'Logg inn',
  'signIn.email': 'E-post',
  'signIn.password': 'Passord',
  'signIn.show': 'Vis passordet',
  'signIn.submit': 'Logg inn',
  'signIn.google': 'Logg inn med Google',
};
