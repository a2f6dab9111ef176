import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';

export default function Page() {
  const text = useTexts();
  return <Screen title={text('imports.title')}>{null}</Screen>;
}
