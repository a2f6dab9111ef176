/** The catalogue in the language that was chosen, else that of the browser. */
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { createContext, useContext } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { fetched } from '../api/fetched';
import { en, type TextId } from './en';

export const LANGUAGES = { en: 'English', nb: 'Norsk bokmål' } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'language';
const Choice = createContext<{ language: Language; choose: (language: Language) => void }>({
  language: 'en',
  choose: () => undefined,
});

function first(): Language {
  const wanted = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  return wanted === 'nb' || wanted === 'no' ? 'nb' : 'en';
}

/** The language as it is spoken where the reader is: dates and numbers differ within one. */
function localeOf(language: Language): string {
  return navigator.languages.find((one) => one.split('-')[0] === language) ?? language;
}

export function Texts({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(first);
  const [messages, setMessages] = useState<Record<TextId, string> | null>(null);
  const choice = useMemo(
    () => ({
      language,
      choose: (next: Language) => {
        localStorage.setItem(KEPT, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  // English is part of the first script; others are fetched when they are wanted.
  if (language === 'nb' && messages === null) {
    void fetched(() => import('./nb')).then(
      ({ nb }) => {
        setMessages(nb);
      },
      () => {
        setLanguage('en');
      },
    );
    return null;
  }
  return (
    <Choice value={choice}>
      <IntlProvider
        locale={localeOf(language)}
        defaultLocale="en"
        messages={language === 'en' ? en : (messages ?? en)}
      >
        {children}
      </IntlProvider>
    </Choice>
  );
}

export function useLanguage() {
  return useContext(Choice);
}

/** Texts by their ids, which the compiler knows. */
export function useTexts(): (id: TextId, values?: Record<string, string | number>) => string {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
}
