/** Links of the page in Mantine's looks: the compiler knows every address. */
import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ReactNode, Ref } from 'react';

interface Common {
  children?: ReactNode;
  ref?: Ref<HTMLAnchorElement>;
}

export const TextLink = createLink((props: AnchorProps & Common) => <Anchor {...props} />);

export const ButtonLink = createLink((props: ButtonProps & Common) => <Button component="a" {...props} />);
