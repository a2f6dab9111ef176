/** Steps of time for a chart: no more than it has room for. */
import type { Outcomes } from './live';

type Point = NonNullable<Outcomes['timeline']>[number];

/** More than these are finer than a chart's pixels, and cost the page its next moment. */
const MOST_POINTS = 60;

/** Neighbours added up, so that nothing is left out and all steps stay of one length. */
export function merged(points: readonly Point[], most = MOST_POINTS): readonly Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return points;
  const steps: Point[] = [];
  // Whole steps at the end: a shorter last one would look as if it came to a stop.
  const ahead = size - (points.length % size || size);
  for (const [index, point] of points.entries()) {
    const last = steps.at(-1);
    if ((index + ahead) % size === 0 || !last) {
      steps.push({ ...point });
      continue;
    }
    for (const name of ['sent', 'delivered', 'failed', 'opens', 'clicks'] as const) last[name] += point[name];
  }
  return steps;
}
