import express from 'express';

const app = express();

app.get('/users/:id', (req, res) => {
  res.json({ id: req.params.id });
});

app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log('Express listens'));
