// Holds the folder open until its first source lands.
namespace footproof {}
