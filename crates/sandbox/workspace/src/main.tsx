import { createRoot } from 'react-dom/client';
import { App } from './desk/App';

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
