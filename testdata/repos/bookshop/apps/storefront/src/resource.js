// Registers the usual routes of a resource: those its controller has a function for.
module.exports = function resource(router, path, controller) {
  if (controller.list) router.get(path, controller.list);
  if (controller.create) router.post(path, controller.create);
  if (controller.show) router.get(`${path}/:id`, controller.show);
  if (controller.remove) router.delete(`${path}/:id`, controller.remove);
};
