/** A moment in the reader's locale and zone, exact for programs. */
import { useIntl } from 'react-intl';

export function Moment({ at, isDay = false }: { at: string; isDay?: boolean }) {
  const intl = useIntl();
  return (
    <time dateTime={at}>
      {intl.formatDate(at, { dateStyle: 'medium', ...(!isDay && { timeStyle: 'short' }) })}
    </time>
  );
}
