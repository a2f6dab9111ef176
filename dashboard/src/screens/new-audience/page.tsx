/** An audience that is not saved yet: empty, or like another one. */
import { useSearch } from '@tanstack/react-router';
import { useTexts } from '../../texts';
import { Editing } from '../audience/editing';
import { useAudience } from '../audience/page';

export default function Page() {
  const text = useTexts();
  const { from } = useSearch({ from: '/audiences/new' });
  const { shown, audience } = useAudience(from);
  if (from === undefined) return <Editing id={null} start={{ name: '', description: '', rule: null }} />;
  if (!audience) return shown;
  const { name, description, rule } = audience;
  const start = { name: text('audience.copyOf', { name }), description: description ?? '', rule };
  return <Editing key={from} id={null} start={start} />;
}
