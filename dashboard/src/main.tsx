import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import './app/page.css';
import { MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { accessToken } from './api/session';
import { Gate } from './app/gate';
import { router } from './app/router';
import { theme } from './app/theme';
import { Texts } from './texts';

// Who is signed in, and the screen of the address, are asked for while the rest is made ready.
void accessToken().catch(() => undefined);
void router.load();

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place for the application');

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Texts>
        <Gate>
          <RouterProvider router={router} />
        </Gate>
      </Texts>
    </MantineProvider>
  </StrictMode>,
);
