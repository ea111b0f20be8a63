const express = require('express');
const routes = require('./routes');

const app = express();

app.use(express.json());
app.get('/health', (req, res) => res.json({ status: 'ok' }));
app.use(process.env.BASE_PATH || '/shop', routes);

// Old links from the time before the storefront.
app.get(`/${process.env.LEGACY_PREFIX}/books/:isbn`, (req, res) => res.redirect(`/shop/books/${req.params.isbn}`));

module.exports = app;

if (require.main === module) {
  app.listen(3000);
}
