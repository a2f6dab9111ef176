/** Others with the same address, who may be the same person: each can become part of this customer. */
import { Alert, Group, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { TextLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { useMay } from '../../components/permissions';
import type { ProfileFragment, RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { MERGE } from './changes';
import { SAME } from './queries';

interface Props {
  customer: ProfileFragment;
  onChanged: () => void;
}

export function Duplicates({ customer, onChanged }: Props) {
  const mayAsk = useMay('AUDIENCES_READ');
  const mayWrite = useMay('CUSTOMERS_WRITE');
  const any: RuleInput[] = [];
  const { email, phone } = customer;
  if (email) any.push({ where: { field: 'email', operator: 'EQ', value: email } });
  if (phone) any.push({ where: { field: 'phone', operator: 'EQ', value: phone } });
  if (!mayAsk || !mayWrite || any.length === 0) return null;
  return <Others customer={customer} any={any} onChanged={onChanged} />;
}

function Others({ customer, any, onChanged }: Props & { any: RuleInput[] }) {
  const text = useTexts();
  const money = useMoney();
  const { isBusy, errors, change } = useChange();
  const [{ data }, again] = useQuery({ query: SAME, variables: { rule: { any } } });
  const others = data?.customers?.nodes.filter(({ id }) => id !== customer.id) ?? [];
  const nameOf = (one: { name?: string | null; externalId: string }) => one.name ?? one.externalId;
  const merge = async (from: string) => {
    if (!(await change(MERGE, { into: customer.id, from }))) return;
    again({ requestPolicy: 'network-only' });
    onChanged();
  };
  if (others.length === 0 && errors.length === 0) return null;
  return (
    <Alert color="yellow">
      <Stack gap="xs">
        <Text fw={600}>{text('duplicates.title')}</Text>
        <Text size="sm">{text('duplicates.text')}</Text>
        {others.map((other) => (
          <Group key={other.id} justify="space-between" gap="xs">
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              <TextLink to="/customers/$id" params={{ id: other.id }} c="inherit" td="underline">
                {nameOf(other)}
              </TextLink>
              {' · '}
              {[other.email, other.phone, money(other.totalSpend)].filter(Boolean).join(' · ')}
            </Text>
            <ConfirmedButton
              size="xs"
              label={text('duplicates.merge', { name: nameOf(other) })}
              question={text('duplicates.merge.sure', { other: nameOf(other), name: nameOf(customer) })}
              color="red"
              isBusy={isBusy}
              onConfirm={() => void merge(other.id)}
            />
          </Group>
        ))}
        <Errors errors={errors} />
      </Stack>
    </Alert>
  );
}
