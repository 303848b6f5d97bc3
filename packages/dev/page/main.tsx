import { render } from 'preact';
import { connect } from './api/live.ts';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/page.css';
import './styles/lists.css';
import './styles/trace.css';
import './styles/views.css';

/** The longest that the first rendering waits for the viewer. */
const longestWaitMs = 500;

// Views that load after the subscription need no second request.
await Promise.race([connect(), new Promise((resolve) => setTimeout(resolve, longestWaitMs))]);
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
