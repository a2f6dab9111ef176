/** What holds for all of the deployment: its name and place, and when and how often people are written to. */
import { Skeleton, Stack } from '@mantine/core';
import { useQuery } from 'urql';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { SettingsForm } from './form';
import { SettingsScreen } from './frame';
import { SETTINGS } from './queries';

export default function Page() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: SETTINGS });
  const settings = data?.settings;
  return (
    <SettingsScreen title={text('settings.general')}>
      {error && !settings && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {settings ? <SettingsForm settings={settings} /> : !error && <Waiting />}
    </SettingsScreen>
  );
}

function Waiting() {
  return (
    <Stack aria-busy>
      <Skeleton height={310} />
      <Skeleton height={230} />
    </Stack>
  );
}
