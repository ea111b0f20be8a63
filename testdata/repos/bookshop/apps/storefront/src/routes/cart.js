const carts = new Map();

exports.create = (req, res) => {
  const id = String(carts.size + 1);
  carts.set(id, []);
  res.status(201).json({ id });
};

exports.show = (req, res) => {
  res.json({ id: req.params.id, items: carts.get(req.params.id) || [] });
};

exports.remove = (req, res) => {
  carts.delete(req.params.id);
  res.sendStatus(204);
};
