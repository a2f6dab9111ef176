/** The newest state by revision: no older answer takes the place of a newer one. */
export function newest<State extends { revision: number }>(before: State | undefined, next: State): State {
  return before && before.revision > next.revision ? before : next;
}
