const { fromApp } = require('./from-peer.cjs');
const { log, serving } = require('./serving.cjs');

const app = fromApp('express')();
app.get('/users/:id', (req, res) => {
  log(req.params.id);
  res.json({ id: req.params.id });
});
serving(app.listen(0, '127.0.0.1'));
