/** The code of the one-time link that led here: in memory alone, a reload forgets it. */
import { useSyncExternalStore } from 'react';
import { takeFromFragment } from '../../api/fragment';

let code = takeFromFragment('code');

/** Another link opened in the same tab changes the fragment alone: the page is not loaded again. */
function follow(changed: () => void): () => void {
  const take = () => {
    code = takeFromFragment('code') ?? code;
    changed();
  };
  window.addEventListener('hashchange', take);
  return () => {
    window.removeEventListener('hashchange', take);
  };
}

export function useCode(): string | null {
  return useSyncExternalStore(follow, () => code);
}
