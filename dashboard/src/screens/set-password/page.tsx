/** Where an invitation's or a forgotten password's link leads, whoever is signed in: a password is set. */
import { useTexts } from '../../texts';
import { Door } from '../sign-in/door';
import { useCode } from './code';
import { Outcome } from './outcome';
import { Setting } from './setting';

export default function Page() {
  const text = useTexts();
  const code = useCode();
  return (
    <Door title={text('setPassword.title')}>
      {code === null ? <Outcome of="setPassword.noCode" /> : <Setting key={code} code={code} />}
    </Door>
  );
}
