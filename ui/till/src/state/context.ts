// Hands the app's state down the tree without passing it from part to part.
import { createContext } from 'svelte';
import type { App } from './app.svelte';

export const [useApp, provideApp] = createContext<App>();
