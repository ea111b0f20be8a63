// Who may call.
exports.member = function member(req, res, next) {
  const header = req.headers.authorization || "";
  if (header !== `Bearer ${process.env.APP_TOKEN}`) {
    return res.status(401).json({ error: "no identity" });
  }
  next();
};
