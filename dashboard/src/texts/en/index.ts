/** Every text of the page, a file for each part of it. Other languages have the same keys. */
import { accounts } from './accounts';
import { audiences } from './audiences';
import { audit } from './audit';
import { bulk } from './bulk';
import { campaign } from './campaign';
import { campaigns } from './campaigns';
import { customer } from './customer';
import { customers } from './customers';
import { editor } from './editor';
import { exports } from './exports';
import { frame } from './frame';
import { home } from './home';
import { imports } from './imports';
import { library } from './library';
import { reports } from './reports';
import { settings } from './settings';
import { suppressions } from './suppressions';

export const en = {
  ...accounts,
  ...audiences,
  ...audit,
  ...bulk,
  ...campaign,
  ...campaigns,
  ...customer,
  ...customers,
  ...editor,
  ...exports,
  ...frame,
  ...home,
  ...imports,
  ...library,
  ...reports,
  ...settings,
  ...suppressions,
} as const;

export type TextId = keyof typeof en;
