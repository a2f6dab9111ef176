/** What stands at an address of nothing. */
import { Empty } from '../components/empty';
import { ButtonLink } from '../components/link';
import { Screen } from '../components/screen';
import { useTexts } from '../texts';

export function Missing() {
  const text = useTexts();
  return (
    <Screen title={text('missing.title')}>
      <Empty next={<ButtonLink to="/">{text('nav.home')}</ButtonLink>}>{text('missing.text')}</Empty>
    </Screen>
  );
}
