/** Looks: Mantine's own, with contrasts that text keeps in light and in dark. */
import { Card, createTheme, NavLink, Paper, Table } from '@mantine/core';

const SANS = '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  autoContrast: true,
  cursorType: 'pointer',
  defaultRadius: 'md',
  fontFamily: SANS,
  headings: { fontFamily: SANS, fontWeight: '650' },
  respectReducedMotion: true,
  components: {
    // A dialogue's heading is no banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    Card: Card.extend({ defaultProps: { shadow: 'xs' } }),
    Paper: Paper.extend({ defaultProps: { shadow: 'xs' } }),
    Table: Table.extend({ defaultProps: { horizontalSpacing: 'md', verticalSpacing: 'sm' } }),
    NavLink: NavLink.extend({ styles: { root: { borderRadius: 'var(--mantine-radius-md)' } } }),
  },
});
