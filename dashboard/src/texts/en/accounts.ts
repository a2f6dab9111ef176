export const accounts = {
  'signIn.title': 'Sign in',
  'signIn.email': 'E-mail',
  'signIn.password': 'Password',
  'signIn.show': 'Show the password',
  'signIn.submit': 'Sign in',
  'signIn.google': 'Sign in with Google',
} as const;
