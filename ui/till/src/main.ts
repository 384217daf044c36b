// Starts the screen. The agent's key comes in the address' fragment and is taken out of sight at once.
import { mount } from 'svelte';
import './app.css';
import Root from './Root.svelte';

const TOKEN = 'tillside.token';

/** What the fragment says: `#token=…` from the agent, `#problem=…&title=…` from a window without an agent. */
function fragment(): { token: string | null; problem: string | null; title: string | null } {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token) sessionStorage.setItem(TOKEN, token);
  if (location.hash) history.replaceState(null, '', location.pathname);
  return {
    token: token ?? sessionStorage.getItem(TOKEN),
    problem: given.get('problem'),
    title: given.get('title'),
  };
}

const target = document.getElementById('app');
if (target) mount(Root, { target, props: fragment() });
