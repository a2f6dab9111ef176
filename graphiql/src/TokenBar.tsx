/** The bar on top: what this page is, and the field for the access token. */
import { useState } from 'react';

import icon from './icon.svg';
import { cleaned, described } from './token';

export function TokenBar({ token, onChange }: { token: string; onChange: (token: string) => void }) {
  const [text, setText] = useState(token);
  const commit = (value: string) => {
    const next = cleaned(value);
    setText(next);
    if (next !== token) onChange(next);
  };
  return (
    <header className="bar">
      <img src={icon} alt="" width="22" height="22" />
      <strong>crm_graphql</strong>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          commit(text);
        }}
      >
        <label htmlFor="token">Access token</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="paste what `crm token` prints"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => commit(text)}
          onPaste={(event) => {
            event.preventDefault();
            commit(event.clipboardData.getData('text'));
          }}
        />
        <Hint token={token} />
      </form>
    </header>
  );
}

function Hint({ token }: { token: string }) {
  if (!token) return <span className="hint wanted">Every field needs one.</span>;
  const meaning = described(token);
  return meaning === null ? (
    <span className="hint wanted">This is no access token.</span>
  ) : (
    <span className={meaning.startsWith('expired') ? 'hint wanted' : 'hint'}>{meaning}</span>
  );
}
