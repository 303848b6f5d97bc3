import { render } from 'preact';
import { connect } from './api/live.ts';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/page.css';
import './styles/lists.css';
import './styles/trace.css';
import './styles/views.css';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
connect();
